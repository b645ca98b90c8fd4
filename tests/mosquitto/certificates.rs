//! Makes the certificates that the run against Mosquitto needs, in the folder given as its argument.
//!
//! `ca` vouches for `server` and `client`, `other-ca` for `stranger`.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

type Authority = CertifiedIssuer<'static, KeyPair>;

fn authority(folder: &Path, name: &str) -> Result<Authority, Box<dyn Error>> {
    let mut parameters = CertificateParams::default();
    parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    parameters.distinguished_name.push(DnType::CommonName, name);
    let authority = CertifiedIssuer::self_signed(parameters, KeyPair::generate()?)?;
    fs::write(folder.join(format!("{name}.pem")), authority.pem())?;
    Ok(authority)
}

fn certificate(folder: &Path, name: &str, subjects: &[&str], authority: &Authority) -> Result<(), Box<dyn Error>> {
    let subjects: Vec<String> = subjects.iter().map(ToString::to_string).collect();
    let mut parameters = CertificateParams::new(subjects)?;
    parameters.distinguished_name.push(DnType::CommonName, name);
    let key = KeyPair::generate()?;
    let certificate = parameters.signed_by(&key, authority)?;
    fs::write(folder.join(format!("{name}.pem")), certificate.pem())?;
    fs::write(folder.join(format!("{name}-key.pem")), key.serialize_pem())?;
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args_os().nth(1).ok_or("which folder?")?;
    let folder = Path::new(&folder);
    let ca = authority(folder, "ca")?;
    let other = authority(folder, "other-ca")?;
    certificate(folder, "server", &["127.0.0.1", "localhost"], &ca)?;
    certificate(folder, "client", &["meter-3"], &ca)?;
    certificate(folder, "stranger", &["meter-3"], &other)
}
