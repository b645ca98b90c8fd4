//! Passes the path of the CA certificate for the broker to the compiler.

use std::env;
use std::path::PathBuf;

fn main() {
    println!("cargo:rerun-if-env-changed=SIMCOM_CA");
    let ca = match env::var_os("SIMCOM_CA") {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("isrg-root-x1.pem"),
    };
    assert!(ca.is_absolute(), "SIMCOM_CA must be an absolute path: it is read from another folder than this one");
    println!("cargo:rustc-env=APP_CA={}", ca.display());
}
