use bolt::prelude::*;

struct Clock;

impl Clock {
    #[stream]
    async fn ticks(&self) -> u32 {
        emit!(7);
    }
}

fn main() {
    drop(Clock.ticks());
}
