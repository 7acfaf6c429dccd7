use bolt::prelude::*;

#[stream(get, "/ticks")]
async fn ticks(_: impl Clone) -> u32 {
    emit!(7);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
