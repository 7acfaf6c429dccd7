use bolt::Config;

fn main() -> bolt::Result<()> {
    app::app(Config::load()).run()
}
