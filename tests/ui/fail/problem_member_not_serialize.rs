use bolt::prelude::*;

struct Account;

fn main() {
    let _ = Problem::conflict("taken").with("account", Account);
}
