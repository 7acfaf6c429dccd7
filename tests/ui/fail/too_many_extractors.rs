use bolt::prelude::*;

type Q = Query<()>;

#[stream(get, "/ticks")]
async fn ticks(
    _1: Q, _2: Q, _3: Q, _4: Q, _5: Q, _6: Q, _7: Q, _8: Q, _9: Q,
    _10: Q, _11: Q, _12: Q, _13: Q, _14: Q, _15: Q, _16: Q, _17: Q,
) -> u32 {
    emit!(7);
}

fn main() {
    let _: App = App::new().mount::<ticks>();
}
