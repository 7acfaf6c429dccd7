use bolt::prelude::*;

#[derive(Serialize, StreamEvent)]
enum Answer {
    Done,
}

#[stream(get, "/answer")]
fn answer() -> Event<Answer> {
    emit!(Event::new(Answer::Done));
}

fn main() {
    let _: App = App::new().mount::<answer>();
}
