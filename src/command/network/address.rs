//! `AT+CGPADDR`: the addresses that the network gave.

use core::net::Ipv4Addr;

use super::context::{LAST_CONTEXT, check_context};
use super::field::{next_field, number};
use crate::at::Line;
use crate::command::{Answer, Command, CommandInfo, CommandWriter, Request};
use crate::error::Parameter;

/// `AT+CGPADDR=<cid>`: the address of a PDP context (3GPP TS 27.007 §10.1.14, A76 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cgpaddr {
    /// The PDP context, 1-15.
    pub context: u8,
}

/// The address of a PDP context.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PdpAddress {
    /// The IPv4 address; `None` where the module reports `0.0.0.0`, or no address.
    pub ipv4: Option<Ipv4Addr>,
    /// Whether there is an IPv6 address other than zero.
    pub has_ipv6: bool,
}

impl PdpAddress {
    /// Whether the context has an address of either kind.
    pub const fn is_assigned(&self) -> bool {
        self.ipv4.is_some() || self.has_ipv6
    }

    /// Takes what stands behind the number of the context. If the line is cut inside an IPv6 address, enough of it is
    /// left to distinguish it from zero.
    fn take(&mut self, mut addresses: &[u8]) {
        while !addresses.is_empty() {
            let field = next_field(&mut addresses);
            match ipv4(field) {
                Some(Ipv4Addr::UNSPECIFIED) => {}
                Some(address) => self.ipv4 = Some(address),
                None => self.has_ipv6 |= field.iter().any(|byte| !matches!(byte, b'0' | b'.' | b':' | b'/')),
            }
        }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for PdpAddress {
    fn format(&self, f: defmt::Formatter<'_>) {
        // defmt cannot format the addresses of `core::net`.
        let octets = self.ipv4.map(|address| address.octets());
        defmt::write!(f, "PdpAddress {{ ipv4: {=?}, has_ipv6: {=bool} }}", octets, self.has_ipv6);
    }
}

impl Request for Cgpaddr {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer
            .command(const { &CommandInfo::new("+CGPADDR", Answer::Information) })
            .byte(b'=')
            .number(self.context.into())
            .check(Parameter::PdpContext, check_context(self.context));
    }
}

impl Command for Cgpaddr {
    type Response = PdpAddress;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let Some(mut parameters) = line.parameters("+CGPADDR") else { return };
        if parameters.number() != Some(self.context.into()) {
            return;
        }
        response.take(parameters.rest());
    }
}

/// `AT+CGPADDR`: the addresses of all PDP contexts that are defined (A76 §3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CgpaddrAll;

/// The addresses of all PDP contexts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct PdpAddresses([Option<PdpAddress>; LAST_CONTEXT as usize]);

impl PdpAddresses {
    /// The address of the context with this number, 1-15; `None` where the module has no line about it.
    pub fn get(&self, context: u8) -> Option<PdpAddress> {
        *self.0.get(usize::from(context).checked_sub(1)?)?
    }

    /// The contexts with a line in the answer, by their numbers.
    pub fn iter(&self) -> impl Iterator<Item = (u8, PdpAddress)> {
        (1..=LAST_CONTEXT).zip(&self.0).filter_map(|(context, address)| Some((context, (*address)?)))
    }
}

impl Request for CgpaddrAll {
    fn describe(&self, writer: &mut CommandWriter<'_>) {
        writer.command(const { &CommandInfo::new("+CGPADDR", Answer::Information) });
    }
}

impl Command for CgpaddrAll {
    type Response = PdpAddresses;

    fn line(&self, response: &mut Self::Response, line: Line<'_>) {
        let Some(mut parameters) = line.parameters("+CGPADDR") else { return };
        let context = parameters.number().and_then(|context| usize::try_from(context).ok()?.checked_sub(1));
        if let Some(address) = context.and_then(|context| response.0.get_mut(context)) {
            address.get_or_insert_default().take(parameters.rest());
        }
    }
}

/// The IPv4 address that `text` is, or `None`. An IPv6 address can be written as sixteen such numbers.
fn ipv4(text: &[u8]) -> Option<Ipv4Addr> {
    let mut octets = [0; 4];
    let mut numbers = text.split(|&byte| byte == b'.').map(|octet| number(octet)?.try_into().ok());
    for octet in &mut octets {
        *octet = numbers.next()??;
    }
    numbers.next().is_none().then(|| Ipv4Addr::from(octets))
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::command::network::tests::response;
    use crate::command::tests::encoded;

    fn address(answer: &[u8]) -> PdpAddress {
        response(&Cgpaddr { context: 1 }, answer)
    }

    #[test]
    fn an_ipv4_address_comes_with_and_without_quotes() {
        assert_eq!(encoded(&Cgpaddr { context: 1 }), "AT+CGPADDR=1");
        let expected = PdpAddress { ipv4: Some(Ipv4Addr::new(10, 49, 14, 68)), has_ipv6: false };
        assert_eq!(address(b"+CGPADDR: 1,10.49.14.68\r\n"), expected);
        assert_eq!(address(b"+CGPADDR: 1,\"10.49.14.68\"\r\n"), expected);
        assert!(expected.is_assigned());
    }

    #[test]
    fn the_execute_form_lists_the_address_of_each_context() {
        assert_eq!(encoded(&CgpaddrAll), "AT+CGPADDR");
        let answer = b"+CGPADDR: 1,10.49.14.68\r\n+CGPADDR: 4,0.0.0.0\r\n+CGPADDR: 15,\"FE80::1\"\r\n\
            +CGPADDR: 16,10.0.0.1\r\n+CGPADDR: 0,10.0.0.2\r\n+CGPADDR: \r\n";
        let addresses = response(&CgpaddrAll, answer);
        let first = PdpAddress { ipv4: Some(Ipv4Addr::new(10, 49, 14, 68)), has_ipv6: false };
        let last = PdpAddress { ipv4: None, has_ipv6: true };
        let expected = [(1, first), (4, PdpAddress::default()), (15, last)];
        assert_eq!(addresses.iter().collect::<std::vec::Vec<_>>(), expected);
        assert_eq!((addresses.get(1), addresses.get(2)), (Some(first), None));
        assert_eq!((addresses.get(0), addresses.get(16)), (None, None));
        assert_eq!(PdpAddresses::default().iter().count(), 0);
    }

    #[test]
    fn addresses_of_other_contexts_and_zeros_are_none() {
        for answer in [
            &b"+CGPADDR: 4,10.49.14.68\r\n"[..],
            b"+CGPADDR: 1,0.0.0.0\r\n",
            b"+CGPADDR: 1,0.0.0.0,0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0\r\n",
            b"+CGPADDR: 1,\"0:0:0:0:0:0:0:0\"\r\n",
            b"+CGPADDR: 1,\"\",\"\"\r\n",
            b"+CGPADDR: 1\r\n",
            b"+CGPADDR: 1,::\r\n",
        ] {
            assert!(!address(answer).is_assigned(), "{answer:?}");
        }
    }

    #[test]
    fn an_ipv6_address_is_noticed_beside_an_ipv4_address_and_alone() {
        let six = "254.128.0.0.0.0.0.0.255.255.255.255.255.255.255.255";
        let both = std::format!("+CGPADDR: 1,100.101.102.103,{six}\r\n+CGPADDR: 2,0.0.0.0\r\n");
        let expected = PdpAddress { ipv4: Some(Ipv4Addr::new(100, 101, 102, 103)), has_ipv6: true };
        assert_eq!(address(both.as_bytes()), expected);
        let alone = std::format!("+CGPADDR: 1,{six}\r\n");
        assert_eq!(address(alone.as_bytes()), PdpAddress { ipv4: None, has_ipv6: true });
        assert!(address(b"+CGPADDR: 1,\"FE80::1\"\r\n").has_ipv6);
    }
}
