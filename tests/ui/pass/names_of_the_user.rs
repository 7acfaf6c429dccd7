//! What the user calls things does not meet what generated code calls them.

use bolt::prelude::*;

#[allow(unused_macros)]
macro_rules! emit {
    ($($any:tt)*) => {
        compile_error!("the user's own macro")
    };
}

#[stream(get, "/ticks/{out}")]
async fn ticks(Path(out): Path<u32>) -> u32 {
    let (call, end, codec, info, stream) = (out, 1, 2, 3, 4);
    emit!(out + call + end + codec + info + stream);
}

#[stream(get, "/lines/{out}")]
fn lines(Path(out): Path<u32>) -> Result<u32, std::io::Error> {
    let stopped = || Ok::<u32, std::io::Error>(out);
    emit!(stopped()?);
    Ok(())
}

fn main() {
    let _: App = App::new().mount::<ticks>().mount::<lines>();
}
