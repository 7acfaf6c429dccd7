use bolt::prelude::*;

#[stream(get, "/feed", ids)]
async fn feed() -> Result<bolt::replay::Replayed<u64>, Problem> {
    std::future::pending().await
}

fn main() {
    let _app: App = App::new().mount::<feed>();
}
