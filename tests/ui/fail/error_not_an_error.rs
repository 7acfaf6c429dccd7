use bolt::prelude::*;

struct Oops;

#[stream(get, "/ticks")]
async fn ticks() -> Result<u32, Oops> {
    emit!(7);
    return Err(Oops);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
