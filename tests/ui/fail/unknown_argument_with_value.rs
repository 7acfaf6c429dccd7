use bolt::prelude::*;

#[stream(get, "/ticks", buffer = 7)]
async fn ticks() -> u32 {
    emit!(7);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
