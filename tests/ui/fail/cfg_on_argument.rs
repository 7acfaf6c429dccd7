use bolt::prelude::*;

#[stream(get, "/ticks")]
async fn ticks(#[cfg(unix)] Query(_range): Query<String>) -> u32 {
    emit!(1);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
