use bolt::prelude::*;

#[stream(get, "/ticks")]
async fn ticks<T: Default + Serialize + Send + 'static>() -> T {
    emit!(T::default());
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
