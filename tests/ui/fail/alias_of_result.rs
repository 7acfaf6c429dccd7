use bolt::prelude::*;

type Fallible = Result<u32, Problem>;

#[stream(get, "/ticks")]
async fn ticks() -> Fallible {
    emit!(Ok(7));
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
