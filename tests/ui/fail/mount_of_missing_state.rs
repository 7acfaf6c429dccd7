use bolt::prelude::*;

#[derive(Clone)]
struct Pace;

#[stream(get, "/ticks")]
async fn ticks(_: State<Pace>) -> u32 {
    emit!(7);
}

fn main() {
    let _ = App::new().mount::<ticks>().run();
}
