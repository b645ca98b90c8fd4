//! Detection of a module's family, from its model and its test forms.

use super::Family;

/// What the test forms of a module report. `None` where the module was not asked, or did not answer.
///
/// | field | where to read it |
/// |---|---|
/// | `longest_payload` | second range of [`PayloadTest`](crate::command::PayloadTest) |
/// | `has_version_in_cfg` | `version` of [`CfgTest`](crate::command::CfgTest) |
/// | `has_version_in_accq` | whether [`AccqTest`](crate::command::AccqTest) has a fourth range |
/// | `has_staged_subscriptions` | whether [`SubtopicTest`](crate::command::SubtopicTest) is answered, or refused with `ERROR` |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct TestForms {
    /// The longest payload that can be published, in bytes.
    pub longest_payload: Option<u16>,
    /// Whether the version of MQTT can be set with `AT+CMQTTCFG`.
    pub has_version_in_cfg: Option<bool>,
    /// Whether the version of MQTT can be set with `AT+CMQTTACCQ`.
    pub has_version_in_accq: Option<bool>,
    /// Whether topic filters can be staged.
    pub has_staged_subscriptions: Option<bool>,
}

impl Family {
    /// The family of a model, as `AT+CGMM` names it: `A7670E-FASE`, `SIMCOM_SIM7600G-H`. `None` for a model that the
    /// driver does not know.
    ///
    /// ```
    /// use simcom_mqtt::Family;
    ///
    /// assert_eq!(Family::from_model(b"A7670E-FASE"), Some(Family::A76xx));
    /// assert_eq!(Family::from_model(b"SIM7080G"), None);
    /// ```
    pub fn from_model(model: &[u8]) -> Option<Self> {
        (0..model.len()).find_map(|start| Self::at_start(model.get(start..)?))
    }

    /// The family whose name `model` begins with.
    fn at_start(model: &[u8]) -> Option<Self> {
        if let Some(number) = model.strip_prefix(b"SIM7") {
            return match number {
                [b'5' | b'6', b'0', ..] => Some(Self::Sim7600),
                [b'6', b'5' | b'7', ..] => Some(Self::Sim767x),
                _ => None,
            };
        }
        match model.strip_prefix(b"A76")? {
            [b'0', b'0', ..] => Some(Self::A7600),
            [b'0'..=b'9', b'0'..=b'9', ..] => Some(Self::A76xx),
            _ => None,
        }
    }

    /// The family with these test forms; `None` where several families match.
    ///
    /// Only SIM767x limits payloads to 4096 bytes. Only SIM7600 has a version in `AT+CMQTTACCQ`. Of the two families
    /// with a version in `AT+CMQTTCFG`, only A76xx stages subscriptions. A7600 has neither version.
    pub const fn from_test_forms(forms: TestForms) -> Option<Self> {
        let TestForms { longest_payload, has_version_in_cfg, has_version_in_accq, has_staged_subscriptions } = forms;
        match (longest_payload, has_version_in_cfg, has_version_in_accq, has_staged_subscriptions) {
            (Some(0..=4096), ..) | (None, Some(true), _, Some(false)) => Some(Self::Sim767x),
            (Some(_), Some(true), ..) | (None, Some(true), _, Some(true)) => Some(Self::A76xx),
            (_, Some(true), ..) => None,
            (.., Some(true), _) => Some(Self::Sim7600),
            (_, Some(false), Some(false), _) => Some(Self::A7600),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::VersionSetting;

    #[test]
    fn a_model_names_its_family() {
        for (family, models) in [
            (Family::A7600, &["A7600C-L1", "A7600E-HNVW", "SIMCOM_A7600SA-H"][..]),
            (Family::A76xx, &["A7670E-FASE", "A7672SA-LASC", "A7608SA-H", "SIMCOM_A7670G", "A7602E-H", "A7682E"]),
            (Family::Sim7600, &["SIMCOM_SIM7600G-H", "SIM7600E", "SIM7500A", "+CGMM: \"SIM7600SA-H\""]),
            (Family::Sim767x, &["SIM7672G-LNGV", "SIM7670G-MNGV", "SIM7652E", "SIM767X", "SIM765X", "SIMCOM_SIM7672E"]),
        ] {
            for model in models {
                assert_eq!(Family::from_model(model.as_bytes()), Some(family), "{model}");
            }
        }
    }

    #[test]
    fn a_model_of_no_family_or_cut_short_names_none() {
        for model in
            ["", "OK", "SIM7080G", "SIM800L", "SIM7", "SIM76", "A76", "A767", "A7", "SIM7100E", "EC25", "A7GSM"]
        {
            assert_eq!(Family::from_model(model.as_bytes()), None, "{model}");
        }
    }

    #[test]
    fn the_test_forms_of_every_family_name_it() {
        for family in Family::ALL {
            let forms = TestForms {
                longest_payload: family.payload_limit().try_into().ok(),
                has_version_in_cfg: Some(family.version_setting() == VersionSetting::Configuration),
                has_version_in_accq: Some(family.version_setting() == VersionSetting::AcquireArgument),
                has_staged_subscriptions: Some(family.has_staged_subscriptions()),
            };
            assert_eq!(Family::from_test_forms(forms), Some(family));
            let without_payload = TestForms { longest_payload: None, ..forms };
            assert_eq!(Family::from_test_forms(without_payload), Some(family), "{without_payload:?}");
            let without_staged = TestForms { has_staged_subscriptions: None, ..forms };
            assert_eq!(Family::from_test_forms(without_staged), Some(family), "{without_staged:?}");
        }
    }

    #[test]
    fn too_few_answers_name_no_family() {
        let nothing = TestForms::default();
        for forms in [
            nothing,
            TestForms { longest_payload: Some(10_240), ..nothing },
            TestForms { has_version_in_cfg: Some(true), ..nothing },
            TestForms { has_version_in_cfg: Some(false), longest_payload: Some(10_240), ..nothing },
            TestForms { has_staged_subscriptions: Some(true), ..nothing },
        ] {
            assert_eq!(Family::from_test_forms(forms), None, "{forms:?}");
        }
    }
}
