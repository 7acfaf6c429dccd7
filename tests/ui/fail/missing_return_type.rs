use bolt::prelude::*;

#[stream(get, "/ticks")]
async fn ticks() {
    emit!(7);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
