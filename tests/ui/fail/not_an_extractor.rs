use bolt::prelude::*;

struct NotAnExtractor;

#[stream(get, "/ticks")]
async fn ticks(_: NotAnExtractor) -> u32 {
    emit!(7);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
