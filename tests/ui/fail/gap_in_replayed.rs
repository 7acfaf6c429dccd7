use bolt::prelude::*;

#[derive(Serialize, StreamEvent, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Trade {
    Price { cents: u64 },
    Gap { cents: u64 },
}

#[stream(get, "/trades", ids)]
async fn trades() -> Trade {
    emit!(Trade::Price { cents: 1 });
    emit!(Trade::Gap { cents: 2 });
}

fn main() {
    let _app: App = App::new().mount::<trades>();
}
