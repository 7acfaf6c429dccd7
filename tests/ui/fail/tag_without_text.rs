use bolt::prelude::*;

#[stream(get, "/ticks", tag = "")]
async fn ticks() -> u32 {
    emit!(1);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
