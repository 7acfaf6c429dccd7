use bolt::prelude::*;

#[stream(get "/ticks")]
async fn ticks() -> u32 {
    emit!(7);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
