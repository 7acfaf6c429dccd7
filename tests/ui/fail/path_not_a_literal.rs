use bolt::prelude::*;

const PATH: &str = "/ticks";

#[stream(get, PATH)]
async fn ticks() -> u32 {
    emit!(7);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
