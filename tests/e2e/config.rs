//! The layers of the configuration, what is said of mistakes, and what is never said.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use bolt::{Config, ErrorKind, Secret};
use serde::Deserialize;

/// A folder of its own for each test, removed with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("bolt-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }

    pub(crate) fn with(self, name: &str, text: &str) -> Self {
        fs::write(self.0.join(name), text).expect("a file");
        self
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    fn load(&self, vars: &[(&str, &str)]) -> Config {
        let vars = vars.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Config::load_from(&self.0, vars)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn faults(config: &Config) -> String {
    let error = config.check().expect_err("faults");
    assert_eq!(error.kind(), ErrorKind::Config);
    error.to_string()
}

/// The line of `--config` for a key.
fn line(config: &Config, key: &str) -> String {
    let report = config.report();
    let line = report.lines().find(|line| line.starts_with(&format!("{key} = ")));
    line.unwrap_or_else(|| panic!("no {key} in {report}")).to_owned()
}

#[test]
fn every_layer_beats_the_one_below() {
    let folder = Folder::new();
    let vars = [("BOLT_ENV", "staging")];
    let port = |config: &Config| line(config, "server.port");
    assert_eq!(port(&folder.load(&[])), "server.port = 8080    # default");
    let folder = folder.with("bolt.toml", "# first\n\n[server]\nport = 1\n");
    assert_eq!(port(&folder.load(&[])), "server.port = 1    # bolt.toml:4:8");
    let folder = folder.with("bolt.staging.toml", "server = { port = 2 }");
    assert_eq!(port(&folder.load(&vars)), "server.port = 2    # bolt.staging.toml:1:19");
    assert_eq!(port(&folder.load(&[])), "server.port = 1    # bolt.toml:4:8");
    let folder = folder.with("bolt.local.toml", "server.port = 3");
    assert_eq!(port(&folder.load(&vars)), "server.port = 3    # bolt.local.toml:1:15");
    let vars = [vars[0], ("BOLT_SERVER__PORT", "4")];
    assert_eq!(port(&folder.load(&vars)), "server.port = \"4\"    # BOLT_SERVER__PORT");
    let config = folder.load(&vars).set("server.port", 5);
    config.check().expect("all of it is valid");
    assert!(
        port(&config).starts_with("server.port = \"5\"    # tests/e2e/config.rs:"),
        "{}",
        port(&config)
    );
}

#[test]
fn every_fault_of_every_layer_is_told_at_once() {
    let folder = Folder::new()
        .with(
            "bolt.toml",
            "port = 1\n[server]\nprot = 80\nport = \"eighty\"\nhost = 7\n[stream]\nkeep_alive = 15\n\
             buffer = \"64 parsecs\"\n[sever]\nport = 1\n",
        )
        .with("bolt.prod.toml", "[stream]\noverload = 'sometimes'\nmax_blocking = 0\n[docs]\nenabled = 1\n");
    let vars = [
        ("BOLT_ENV", "prod"),
        ("BOLT_SERVER__PORT", "70000"),
        ("BOLT_SERVER__PROT", "80"),
        ("BOLT_LOG__LEVEL", "loud"),
        ("BOLT_HOME", "/opt/bolt"),
        ("BOLT_ENVV", "prod"),
        ("BOLT_SEVER__PORT", "1"),
        ("BOLT_STREAM__DRAIN", ""),
        ("UNRELATED", "1"),
    ];
    let load = || {
        let place = line!() + 1;
        (folder.load(&vars).set("stream.head_deadline", "soon"), place)
    };
    let (config, place) = load();
    let expected = format!(
        "the configuration has 18 faults\n  \
         bolt.toml:1:1: port stands in no section\n    put it below a line such as [server]\n  \
         BOLT_ENVV: no key has this variable\n    did you mean BOLT_ENV?\n  \
         BOLT_HOME: no key has this variable\n    variables are BOLT_SECTION__KEY, such as \
         BOLT_SERVER__PORT; unset it, or give it another prefix\n  \
         bolt.toml:3:1: there is no key server.prot\n    did you mean server.port?\n  \
         bolt.toml:4:8: server.port is \"eighty\"\n    expected a whole number from 0 to 65535\n  \
         bolt.toml:5:8: server.host is 7\n    expected text\n  \
         bolt.toml:7:14: stream.keep_alive is 15\n    expected a time such as \"15s\" or \"250ms\", from \
         1ms to 1day, or \"off\"\n  \
         bolt.toml:8:10: stream.buffer is \"64 parsecs\"\n    expected a size such as \"64KiB\", from 1KiB \
         to 1GiB\n  \
         bolt.prod.toml:2:12: stream.overload is \"sometimes\"\n    expected one of auto, reject, retry\n  \
         bolt.prod.toml:3:16: stream.max_blocking is 0\n    expected a whole number from 1 to 1000000\n  \
         bolt.prod.toml:5:11: docs.enabled is 1\n    expected true or false\n  \
         BOLT_LOG__LEVEL: log.level is \"loud\"\n    expected one of off, error, warn, info, debug, \
         trace\n  \
         BOLT_SERVER__PORT: server.port is \"70000\"\n    expected a whole number from 0 to 65535\n  \
         BOLT_SERVER__PROT: there is no key server.prot\n    did you mean BOLT_SERVER__PORT?\n  \
         BOLT_STREAM__DRAIN: there is no key stream.drain\n    did you mean BOLT_SERVER__DRAIN?\n  \
         tests/e2e/config.rs:{place}:29: stream.head_deadline is \"soon\"\n    expected a time such as \"15s\" or \
         \"250ms\", from 0s to 1day\n  \
         bolt.toml:10:1: nobody reads the section [sever]\n    did you mean [server]?\n  \
         BOLT_SEVER__PORT: nobody reads the section [sever]\n    did you mean [server]?"
    );
    assert_eq!(faults(&config), expected);
    for _ in 0..20 {
        assert_eq!(faults(&load().0), expected, "the same input gives the same output");
    }
}

#[test]
fn files_that_cannot_be_read_are_faults() {
    let folder = Folder::new().with("bolt.toml", "[server\nport = 1\n[stream]\nbuffer = = 2\n");
    fs::write(folder.path().join("bolt.local.toml"), b"[log]\nlevel = \"\xff\"").expect("a file");
    fs::create_dir(folder.path().join("bolt.prod.toml")).expect("a folder");
    let text = faults(&folder.load(&[("BOLT_ENV", "prod")]));
    for expected in [
        "bolt.toml:1:8: this is not TOML\n",
        "bolt.toml:4:10: this is not TOML\n",
        "bolt.prod.toml: the file cannot be read: ",
        "bolt.local.toml: the file cannot be read: it is not UTF-8, from byte 15 on\n",
    ] {
        assert!(text.contains(expected), "{expected} in {text}");
    }
    for value in ["local", "../secrets", "a b"] {
        let text = faults(&Folder::new().load(&[("BOLT_ENV", value)]));
        assert!(text.contains("BOLT_ENV: ") && text.contains("cannot be part of a file's name"));
    }
    // An empty variable is one that is not set.
    Folder::new().load(&[("BOLT_ENV", "")]).check().expect("no faults");
}

#[test]
fn times_and_sizes_are_written_as_people_write_them() {
    for (key, good, bad) in [
        (
            "server.drain",
            &["0s", "15s", "1m 30s", "1500ms", "2h"][..],
            &["15", "-1s", "soon", "", "400days"][..],
        ),
        ("stream.keep_alive", &["off", "1ms"], &["0s", "on"]),
        (
            "stream.buffer",
            &["64KiB", "64 KiB", "65536", "1MiB", "100kB"],
            &["1B", "2GiB", "-1", "64XB"],
        ),
        ("server.workers", &["auto", "1", "8"], &["0", "1.5", "all"]),
        ("docs.enabled", &["true", "false"], &["yes", "1", "TRUE"]),
    ] {
        for value in good {
            let config = Config::defaults().set(key, value);
            config.check().unwrap_or_else(|error| panic!("{key} = {value}: {error}"));
        }
        for value in bad {
            assert!(Config::defaults().set(key, value).check().is_err(), "{key} = {value}");
        }
    }
}

#[derive(Debug, Deserialize, PartialEq)]
struct Shop {
    currency: String,
    #[serde(default)]
    rooms: Vec<u16>,
    limits: Option<Limits>,
    card: Option<Secret<u64>>,
}

#[derive(Debug, Deserialize, PartialEq)]
struct Limits {
    items: u32,
    #[serde(default)]
    open: bool,
}

#[test]
fn a_section_of_the_users_own_is_a_type_of_theirs() {
    let folder = Folder::new()
        .with("bolt.toml", "[shop]\ncurrency = 'EUR'\nrooms = [1, 2]\n[shop.limits]\nitems = 5\n");
    let vars = [
        ("BOLT_SHOP__LIMITS__ITEMS", "9"),
        ("BOLT_SHOP__LIMITS__OPEN", "true"),
        ("BOLT_SHOP__ROOMS", "[3]"),
    ];
    let config = folder.load(&vars);
    let shop: Shop = config.try_section("shop").expect("it fits");
    let limits = Some(Limits { items: 9, open: true });
    assert_eq!(shop, Shop { currency: "EUR".into(), rooms: vec![3], limits, card: None });
    config.check().expect("the section is read");
    assert!(faults(&folder.load(&vars)).contains("nobody reads the section [shop]"));
    // In code it is written as in a variable.
    let shop: Shop = config.set("shop.rooms", "[4, 5]").try_section("shop").expect("it fits");
    assert_eq!(shop.rooms, [4, 5]);
}

#[test]
fn mistakes_in_a_section_are_told_with_all_others() {
    let folder = Folder::new().with(
        "bolt.toml",
        "[server]\nprot = 1\n[shop]\ncurency = 'EUR'\ncurrency = 'EUR'\nlimits.items = 'many'\n",
    );
    let error = folder.load(&[]).try_section::<Shop>("shop").expect_err("faults").to_string();
    assert_eq!(
        error,
        "the configuration has 3 faults\n  \
         bolt.toml:2:1: there is no key server.prot\n    did you mean server.port?\n  \
         bolt.toml:6:16: shop.limits.items is \"many\"\n    expected u32\n  \
         bolt.toml:4:11: there is no key shop.curency\n    did you mean shop.currency?"
    );
    let missing = folder.load(&[("BOLT_CAFE__OPEN", "1")]);
    let error = missing.try_section::<Shop>("cafe").expect_err("a field is missing").to_string();
    assert!(
        error.contains(
            "BOLT_CAFE__OPEN: cafe.currency is missing
    it has no default: set it"
        ),
        "{error}"
    );
    assert!(Config::defaults().try_section::<Shop>("server").is_err(), "bolt's own");
}

#[test]
fn a_secret_is_never_printed() {
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read by Debug only")]
    struct Keys {
        pin: Secret<u64>,
        deep: Deep,
        api_key: String,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read by Debug only")]
    struct Deep {
        word: Secret<String>,
    }
    let text = "[keys]\npin = 31337\napi_key = 'hunter2'\n[keys.deep]\nword = 'hunter2'\n";
    let config = Folder::new().with("bolt.toml", text).load(&[]);
    let keys: Keys = config.try_section("keys").expect("it fits");
    assert_eq!(*keys.pin.reveal(), 31337);
    let report = config.report();
    assert!(report.contains("keys.pin = (hidden)    # bolt.toml:2:7\n"), "{report}");
    // One of the wrong type, and one that its name gives away.
    let text = "[keys]\npin = 'hunter2'\napi_key = 5\n[keys.deep]\nword = 'hunter2'\n";
    let wrong = Folder::new().with("bolt.toml", text).load(&[]);
    let error = wrong.try_section::<Keys>("keys").expect_err("a fault");
    let vars = [("BOLT_KEYS__API_KEY", "[\"hunter2\"]")];
    let named = Folder::new().load(&vars);
    let error_by_name = named.try_section::<Keys>("keys").expect_err("a fault");
    let all = [
        report,
        wrong.report(),
        named.report(),
        format!("{error:?} {error} {error_by_name}"),
        format!("{config:?}"),
        format!("{:?}", config.try_section::<Keys>("keys").map(|keys| keys.deep)),
    ];
    for text in all {
        assert!(!text.contains("hunter2") && !text.contains("31337"), "{text}");
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
#[expect(dead_code, reason = "read by Debug only")]
enum Mode {
    Auto,
    Fixed(u16),
    Between { low: u16, high: u16 },
}

#[derive(Debug, Deserialize)]
#[expect(dead_code, reason = "read by Debug only")]
struct Cafe {
    mode: Mode,
    seats: u16,
    open: bool,
    name: String,
    hours: Vec<u16>,
    limits: Option<Limits>,
}

#[test]
fn a_section_takes_what_its_type_takes_and_nothing_else() {
    let good = "[cafe]\nseats = 3\nopen = true\nname = 'x'\nhours = [9, 17]\n";
    for mode in ["'auto'", "{ fixed = 3 }", "{ between = { low = 1, high = 2 } }"] {
        let folder = Folder::new().with("bolt.toml", &format!("{good}mode = {mode}\n"));
        folder
            .load(&[])
            .try_section::<Cafe>("cafe")
            .unwrap_or_else(|error| panic!("{mode}: {error}"));
    }
    let text = "[cafe]\nseats = 3.7\nopen = 'yes'\nname = 5\nhours = [9,\n  'late', true]\nmode = 'fixed'\n\
                limits = { items = 1, opne = true }\n";
    let error = Folder::new().with("bolt.toml", text).load(&[]).try_section::<Cafe>("cafe");
    assert_eq!(
        error.expect_err("faults").to_string(),
        "the configuration has 7 faults\n  \
         bolt.toml:2:9: cafe.seats is 3.7\n    expected u16\n  \
         bolt.toml:3:8: cafe.open is \"yes\"\n    expected a boolean\n  \
         bolt.toml:4:8: cafe.name is 5\n    expected a string\n  \
         bolt.toml:6:3: cafe.hours.0 is \"late\"\n    expected u16"
            .replace("cafe.hours.0", "cafe.hours.1")
            + "\n  bolt.toml:6:11: cafe.hours.2 is true\n    expected u16\n  \
               bolt.toml:7:8: cafe.mode is \"fixed\"\n    expected newtype variant\n  \
               bolt.toml:8:30: there is no key cafe.limits.opne\n    did you mean cafe.limits.open?"
    );
    // As variables write it, and all that is missing at once.
    let vars = [("BOLT_CAFE__SEATS", "3"), ("BOLT_CAFE__OPEN", "true"), ("BOLT_CAFE__HOURS", "9")];
    let error =
        Folder::new().load(&vars).try_section::<Cafe>("cafe").expect_err("faults").to_string();
    for fault in
        ["cafe.mode is missing", "cafe.name is missing", "BOLT_CAFE__HOURS: cafe.hours is \"9\""]
    {
        assert!(error.contains(fault), "{fault} in {error}");
    }
    assert!(error.starts_with("the configuration has 3 faults"), "{error}");
}

#[test]
fn a_secret_is_hidden_wherever_it_stands() {
    type Word = Secret<String>;
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read by Debug only")]
    struct Places {
        group: Secret<Group>,
        map: Secret<std::collections::BTreeMap<String, String>>,
        list: Vec<Word>,
        maybe: Option<Word>,
        #[serde(default)]
        plain: u16,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read by Debug only")]
    struct Group {
        inner: String,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read by Debug only")]
    struct Flat {
        #[serde(flatten)]
        inner: FlatInner,
    }
    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "read by Debug only")]
    struct FlatInner {
        word: Word,
    }
    fn all_that_is_said<T: serde::de::DeserializeOwned>(
        text: &str,
        vars: &[(&str, &str)],
    ) -> String {
        let config = Folder::new().with("bolt.toml", text).load(vars);
        let error = config
            .try_section::<T>("keys")
            .map(drop)
            .map_or_else(|error| format!("{error:?}"), |()| String::new());
        format!("{}{error}{:?}", config.report(), config.check())
    }
    let good = "[keys]\ngroup.inner = 'hunter2'\nmap.a = 'hunter2'\nlist = ['hunter2']\nmaybe = 'hunter2'\nplain = 7\n";
    let said = all_that_is_said::<Places>(good, &[]);
    assert!(said.contains("keys.plain = 7    # bolt.toml:6:9"), "{said}");
    for said in [
        said,
        all_that_is_said::<Places>(
            good,
            &[("BOLT_KEYS__LIST", "hunter2,hunter2"), ("BOLT_KEYS__GROUP", "hunter2")],
        ),
        all_that_is_said::<Places>(
            "[keys]\nmapp.a = 'hunter2'\npasword = 'hunter2'\nmap = 'hunter2'",
            &[],
        ),
        all_that_is_said::<Flat>("[keys]\nword = 'hunter2'", &[]),
        all_that_is_said::<Secret<Group>>("[keys]\ninner = 'hunter2'", &[]),
        all_that_is_said::<Places>("[keyss]\nlist = ['hunter2']", &[]),
    ] {
        assert!(!said.contains("hunter2"), "{said}");
    }
}

#[test]
fn a_section_with_nothing_in_it_is_no_fault() {
    let folder = Folder::new().with("bolt.toml", "[server]\n# port = 1\n\n[shop]\n# items = 3\n");
    folder.load(&[]).check().expect("nothing is set, so nothing is wrong");
    let text = faults(&Folder::new().with("bolt.toml", "[[server]]\nport = 1\n").load(&[]));
    assert!(text.contains("server is a list of tables\n    write [server]"), "{text}");
}

#[test]
fn an_environment_without_a_file_and_a_variable_in_small_letters_are_faults() {
    let text = faults(&Folder::new().load(&[("BOLT_ENV", "prodution")]));
    assert!(text.contains("BOLT_ENV: there is no bolt.prodution.toml"), "{text}");
    let text = faults(&Folder::new().load(&[("BOLT_server__port", "1")]));
    assert!(
        text.contains(
            "BOLT_server__port: no key has this variable\n    did you mean BOLT_SERVER__PORT?"
        ),
        "{text}"
    );
}

#[test]
fn the_reference_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/reference/config.md");
    let table = Config::reference();
    bolt_tests::golden::check(&path, &table);
}

#[test]
fn the_reference_in_the_template_is_what_the_table_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../bolt-app-template/bolt.toml");
    let read = || fs::read_to_string(&path).expect("the template's bolt.toml");
    let table = Config::sample();
    // The app's own section comes first.
    if std::env::var_os("BLESS").is_some() {
        let own = read();
        let own = own.split("\n[server]").next().unwrap_or_default();
        fs::write(&path, format!("{own}{table}")).expect("written");
    }
    assert!(read().ends_with(&table), "BLESS=1 cargo test -p bolt-tests --test e2e the_reference");
    let uncommented = table.lines().map(|line| match line.strip_prefix("# ") {
        Some(key) if key.split(' ').nth(1) == Some("=") => key,
        _ => line,
    });
    let text = uncommented.collect::<Vec<_>>().join("\n");
    assert_eq!(text.matches(" = ").count(), Config::reference().matches("- variable: ").count());
    Folder::new().with("bolt.toml", &text).load(&[]).check().expect("every default is valid");
}

/// The test app with these arguments, in a folder, with no variables but these.
fn run(
    folder: &Folder,
    arguments: &[&str],
    vars: &[(&str, &str)],
) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_test-app"))
        .args(arguments)
        .env_clear()
        .envs(vars.iter().copied())
        .current_dir(folder.path())
        .output()
        .expect("the app runs");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn faults_end_the_process_with_78_before_anything_is_started() {
    let folder = Folder::new().with("bolt.toml", "[server]\nport = 'eighty'\n[shop]\nitems = -1\n");
    for arguments in [&[][..], &["--check"], &["--config"]] {
        let (status, _, errors) = run(&folder, arguments, &[("BOLT_TYPO", "1")]);
        assert_eq!(status, Some(78), "{errors}");
        for fault in ["BOLT_TYPO: ", "bolt.toml:2:8: ", "bolt.toml:4:9: shop.items is -1"] {
            assert!(errors.contains(fault), "{fault} in {errors}");
        }
    }
}

#[test]
fn a_place_that_is_taken_is_one_line_and_no_panic() {
    for (key, what, path) in [
        ("BOLT_DOCS__PATH", "the API documentation", "/running"),
        ("BOLT_DOCS__OPENAPI", "the API documentation", "/id"),
        ("BOLT_HEALTH__READY", "the health checks", "/running"),
    ] {
        let (status, _, errors) = run(&Folder::new(), &[], &[(key, path)]);
        assert_eq!(status, Some(1), "{errors}");
        let expected =
            format!("Error: {what} cannot be at {path}: a route of the app is there; set ");
        assert!(errors.starts_with(&expected), "{errors}");
        assert_eq!(errors.lines().count(), 1, "{errors}");
    }
}

#[test]
fn one_command_says_where_every_value_comes_from() {
    let folder = Folder::new().with("bolt.toml", "[shop]\nitems = 3\n");
    let vars = [("BOLT_STREAM__MAX_BLOCKING", "7"), ("BOLT_SHOP__PASSWORD", "hunter2")];
    let (status, report, errors) = run(&folder, &["--config"], &vars);
    assert_eq!((status, errors.as_str()), (Some(0), ""));
    for expected in [
        "server.port = 8080    # default\n    The port to listen on; 0 takes a free one, which the log names.\n",
        "stream.max_blocking = \"7\"    # BOLT_STREAM__MAX_BLOCKING\n",
        "shop.items = 3    # bolt.toml:2:9\n",
        "shop.password = (hidden)    # BOLT_SHOP__PASSWORD\n",
    ] {
        assert!(report.contains(expected), "{expected} in {report}");
    }
    let (status, answer, _) = run(&folder, &["--check"], &vars);
    assert_eq!((status, answer.as_str()), (Some(0), "the configuration is valid\n"));
}
