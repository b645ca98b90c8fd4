//! How the image is linked.

fn main() {
    // `linkall.x` comes last: it needs what the others define.
    for argument in ["-Tdefmt.x", "-Tlinkall.x"] {
        println!("cargo:rustc-link-arg-bins={argument}");
    }
}
