use bolt::prelude::*;

#[stream(get, "/ticks", restrat)]
async fn ticks() -> u32 {
    emit!(7);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
