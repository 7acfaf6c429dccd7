use bolt::prelude::*;

#[derive(Deserialize)]
struct Range {
    to: u32,
}

#[stream(get, "/ticks")]
async fn ticks(Query(range): Query<Range>) -> u32 {
    emit!(range.to);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
