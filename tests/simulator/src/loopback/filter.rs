//! Topic filters.

/// Whether a topic filter matches a topic name (MQTT 3.1.1, section 4.7).
pub fn matches(filter: &[u8], topic: &[u8]) -> bool {
    let hidden = topic.first() == Some(&b'$') && matches!(filter.first(), Some(b'+' | b'#'));
    if hidden {
        return false;
    }
    let mut levels = topic.split(|&byte| byte == b'/');
    for wanted in filter.split(|&byte| byte == b'/') {
        if wanted == b"#" {
            return true;
        }
        match levels.next() {
            Some(level) if wanted == b"+" || wanted == level => {}
            _ => return false,
        }
    }
    levels.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn plain_filters_match_their_topic_only() {
        assert!(matches(b"boiler/state", b"boiler/state"));
        assert!(!matches(b"boiler/state", b"boiler"));
        assert!(!matches(b"boiler", b"boiler/state"));
    }

    #[test]
    fn plus_stands_for_one_level() {
        assert!(matches(b"+/state", b"boiler/state"));
        assert!(matches(b"boiler/+", b"boiler/"));
        assert!(!matches(b"+", b"boiler/state"));
    }

    #[test]
    fn hash_stands_for_all_below_and_the_level_itself() {
        assert!(matches(b"#", b"boiler/state"));
        assert!(matches(b"boiler/#", b"boiler"));
        assert!(!matches(b"boiler/#", b"pump"));
    }

    #[test]
    fn leading_wildcards_do_not_match_system_topics() {
        assert!(!matches(b"#", b"$SYS/uptime"));
        assert!(matches(b"$SYS/#", b"$SYS/uptime"));
    }
}
