use bolt::prelude::*;

#[derive(Serialize)]
struct Tick;

#[stream(get, "/ticks")]
async fn ticks() -> Tick {
    emit!(Tick);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
