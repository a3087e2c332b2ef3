//! Currencies: the ISO 4217 codes that have a minor unit, and how many digits it has.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency that amounts can be stated in.
///
/// Codes without a minor unit (gold `XAU`, drawing rights `XDR`, tests `XTS` …) are not currencies here: nothing can be
/// invoiced in them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Currency([u8; 3]);

/// Currencies with no minor unit in use: the amount is a whole number. ISO 4217, list one.
const EXPONENT_0: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF";
/// Currencies whose minor unit is a thousandth.
const EXPONENT_3: &str = "BHD IQD JOD KWD LYD OMR TND";
/// Currencies whose minor unit is a hundredth. Ariary and ouguiya, whose unit is a fifth, are listed by ISO with two digits.
const EXPONENT_2: &str = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF \
    CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR \
    JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK \
    NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT \
    TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG";

/// Why a text is not a currency.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected an ISO 4217 currency code with a minor unit, such as EUR or JPY")]
pub struct CurrencyError;

impl Currency {
    /// The euro.
    pub const EUR: Self = Self(*b"EUR");
    /// The Canadian dollar.
    pub const CAD: Self = Self(*b"CAD");
    /// The United States dollar.
    pub const USD: Self = Self(*b"USD");

    /// The three capital letters.
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("XXX")
    }

    /// Digits after the decimal point: 0, 2 or 3.
    pub fn exponent(self) -> u32 {
        if listed(EXPONENT_0, self.0) {
            0
        } else if listed(EXPONENT_3, self.0) {
            3
        } else {
            2
        }
    }

    /// Every currency, in the order of their codes.
    pub fn all() -> Vec<Self> {
        let mut all: Vec<Self> = [EXPONENT_0, EXPONENT_2, EXPONENT_3]
            .iter()
            .flat_map(|list| list.split_whitespace())
            .filter_map(|code| code.parse().ok())
            .collect();
        all.sort_unstable();
        all
    }

    /// The sign customers know it by, or the code where no sign is unambiguous.
    pub fn symbol(&self) -> &str {
        match &self.0 {
            b"EUR" => "€",
            b"GBP" => "£",
            b"JPY" => "¥",
            b"CAD" | b"USD" => "$",
            _ => self.code(),
        }
    }
}

fn listed(list: &str, code: [u8; 3]) -> bool {
    list.split_whitespace().any(|entry| entry.as_bytes() == code)
}

impl FromStr for Currency {
    type Err = CurrencyError;

    fn from_str(text: &str) -> Result<Self, CurrencyError> {
        let code: [u8; 3] = text.as_bytes().try_into().map_err(|_| CurrencyError)?;
        if [EXPONENT_2, EXPONENT_0, EXPONENT_3].iter().any(|list| listed(list, code)) {
            Ok(Self(code))
        } else {
            Err(CurrencyError)
        }
    }
}

impl TryFrom<String> for Currency {
    type Error = CurrencyError;

    fn try_from(text: String) -> Result<Self, CurrencyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}
