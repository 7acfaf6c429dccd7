//! Compresses the script of the documentation's page, once for a build.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    #[cfg(feature = "docs")]
    scalar();
}

/// `scalar.js.gz` in `OUT_DIR`, and its hash in `SCALAR_HASH`.
#[cfg(feature = "docs")]
fn scalar() {
    use std::hash::{DefaultHasher, Hash as _, Hasher as _};
    use std::io::Write as _;

    let script = scalar_api_reference::get_asset("scalar.js").expect("the crate has its script");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    gzip.write_all(&script).expect("memory can be written to");
    let gzip = gzip.finish().expect("memory can be written to");
    let mut hash = DefaultHasher::new();
    gzip.hash(&mut hash);
    println!("cargo::rustc-env=SCALAR_HASH={:016x}", hash.finish());
    let folder = std::env::var_os("OUT_DIR").expect("cargo sets it");
    let file = std::path::Path::new(&folder).join("scalar.js.gz");
    std::fs::write(file, gzip).expect("OUT_DIR can be written to");
}
