use bolt::prelude::*;

#[stream(get, "/ticks")]
async fn ticks() -> String {
    emit!(7_u32);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
