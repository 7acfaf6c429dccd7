use bolt::prelude::*;

async fn ticks() {
    emit!(1);
}

fn main() {
    drop(ticks());
}
