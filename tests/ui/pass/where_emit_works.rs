//! Everywhere in an async body; in closures of a blocking one.

use std::time::Duration;

use bolt::prelude::*;
use tokio::time::sleep;

#[stream(get, "/all")]
async fn all() -> String {
    let owned = String::from("borrowed");
    let borrowed: &str = &owned;
    emit!(borrowed.to_owned());
    for n in 0..2 {
        match n {
            0 => emit!(format!("match {n}")),
            _ => {
                emit!(format!("block {n}"));
                if n > 5 {
                    return;
                }
            }
        }
    }
    tokio::select! {
        () = sleep(Duration::ZERO) => emit!("select".to_owned()),
        () = std::future::pending() => {}
    }
    tokio::join!(
        async {
            emit!(borrowed.to_owned());
        },
        async { emit!(borrowed.to_owned()) },
    );
    async move { emit!("nested".to_owned()) }.await;
    loop {
        emit!("last".to_owned(),);
        break;
    }
}

#[stream(get, "/blocking")]
fn blocking() -> Result<u32, std::num::ParseIntError> {
    (0..3).for_each(|n| emit!(n));
    (0..3).try_for_each(|n| {
        emit!(n);
        n.to_string().parse::<u32>().map(drop)
    })?;
    let shared = std::rc::Rc::new(7);
    emit!(*shared);
    std::thread::scope(|scope| {
        scope.spawn(|| emit!(1));
    });
    if *shared > 8 {
        return Ok(());
    }
}

fn main() {
    let _: App = App::new().mount::<all>().mount::<blocking>();
}
