use bolt::prelude::*;

type Posted = bolt::replay::Replayed<u64>;

#[stream(get, "/feed", ids)]
async fn feed() -> Posted {
    std::future::pending().await
}

fn main() {
    let _app: App = App::new().mount::<feed>();
}
