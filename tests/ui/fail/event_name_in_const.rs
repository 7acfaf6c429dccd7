use bolt::EventName;

const DONE: EventName = EventName::from_static("done\ndata: forged");

fn main() {
    drop(DONE);
}
