/// The settings of one SSL context, made by `AT+CSSLCFG`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SslContext {
    /// `"sslversion"`: 0 SSL 3.0, 1 TLS 1.0, 2 TLS 1.1, 3 TLS 1.2, 4 all.
    pub version: u8,
    /// `"authmode"`: who is verified.
    pub authentication: Authentication,
    /// `"ignorelocaltime"`: certificates are not checked for the time of their validity.
    pub ignores_local_time: bool,
    /// `"negotiatetime"`: how long the handshake may take, in seconds.
    pub negotiation_seconds: u16,
    /// `"cacert"`: file name of the server's root certificate; empty if none is set.
    pub ca_certificate: String,
    /// `"clientcert"`: file name of the client certificate; empty if none is set.
    pub client_certificate: String,
    /// `"clientkey"`: file name of the client's key; empty if none is set.
    pub client_key: String,
    /// `"enableSNI"`: the server's name is sent in the handshake.
    pub server_name_indication: bool,
    /// `"keypwd"` (SIM7600) or `"password"`: what the key is encrypted with; empty if none is set.
    pub password: String,
    /// `"ciphersuites"` as written; empty if none is set.
    pub cipher_suites: String,
    /// `"ignorecertCN"`: the certificate need not be one for the server's name.
    pub ignores_common_name: bool,
}

/// `"authmode"`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Authentication {
    /// 0: neither side is verified.
    #[default]
    None,
    /// 1: the server is.
    Server,
    /// 2: both are.
    ServerAndClient,
    /// 3: the client is.
    Client,
}

/// The configuration of a TLS connection: its SSL context and the content of the files that it names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsOptions {
    /// Which SSL context it is, 0-9.
    pub index: u8,
    /// Its settings.
    pub context: SslContext,
    /// The server's root certificates, if the server is verified.
    pub ca_certificate: Option<Vec<u8>>,
    /// The client certificate, if the client is verified.
    pub client_certificate: Option<Vec<u8>>,
    /// The client's key, if the client is verified.
    pub client_key: Option<Vec<u8>>,
    /// The module's clock, in seconds since 1970-01-01T00:00:00Z.
    pub local_time: u64,
}

impl Default for SslContext {
    /// The default context; the values are common to the families.
    fn default() -> Self {
        Self {
            version: 4,
            authentication: Authentication::None,
            ignores_local_time: true,
            negotiation_seconds: 300,
            ca_certificate: String::new(),
            client_certificate: String::new(),
            client_key: String::new(),
            server_name_indication: false,
            password: String::new(),
            cipher_suites: String::new(),
            ignores_common_name: false,
        }
    }
}

impl Authentication {
    /// The value of `"authmode"`.
    pub fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Server => 1,
            Self::ServerAndClient => 2,
            Self::Client => 3,
        }
    }

    /// Whether the server's certificate is checked.
    pub fn verifies_server(self) -> bool {
        matches!(self, Self::Server | Self::ServerAndClient)
    }

    /// Whether the client shows a certificate.
    pub fn verifies_client(self) -> bool {
        matches!(self, Self::ServerAndClient | Self::Client)
    }
}

impl From<u8> for Authentication {
    /// The meaning of a value of `"authmode"`; anything but 1-3 is [`None`](Self::None).
    fn from(number: u8) -> Self {
        match number {
            1 => Self::Server,
            2 => Self::ServerAndClient,
            3 => Self::Client,
            _ => Self::None,
        }
    }
}
