//! The judges of the accuracy tests. Each lets a correct back end fail once in a million runs, for counts and shapes alike.

/// The false alarm rate of every judgement here.
pub const ALPHA: f64 = 1e-6;
/// Quantile of the standard normal distribution at 1 - ALPHA / 2.
const Z: f64 = 4.892;

/// Whether a count out of so many is what a share lets expect (normal approximation of the binomial, two-sided).
pub fn fits_share(count: usize, of: usize, share: f64) -> bool {
    let of = of as f64;
    (count as f64 - of * share).abs() <= Z * (of * share * (1.0 - share)).sqrt() + 1.0
}

/// Whether two sorted samples may come from one distribution (Smirnov 1948; asymptotic critical value).
pub fn may_be_one(a: &[f64], b: &[f64]) -> bool {
    let (n, m) = (a.len() as f64, b.len() as f64);
    distance(a, b) <= (-(ALPHA / 2.0).ln() / 2.0).sqrt() * ((n + m) / (n * m)).sqrt()
}

/// The largest difference between the two empirical distribution functions.
pub fn distance(a: &[f64], b: &[f64]) -> f64 {
    let (mut i, mut j, mut largest) = (0, 0, 0f64);
    while i < a.len() && j < b.len() {
        let at = a[i].min(b[j]);
        i += a[i..].iter().take_while(|value| **value <= at).count();
        j += b[j..].iter().take_while(|value| **value <= at).count();
        largest = largest.max((i as f64 / a.len() as f64 - j as f64 / b.len() as f64).abs());
    }
    largest
}

/// A sorted sample of the uniform distribution on [low, high), by xorshift64* (Vigna 2016): nothing of the daemon's own dice.
pub fn uniform(low: f64, high: f64, count: usize) -> Vec<f64> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut draw = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        low + (high - low) * (state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut sample: Vec<f64> = (0..count).map(|_| draw()).collect();
    sample.sort_by(f64::total_cmp);
    sample
}

#[test]
fn the_judges_tell_right_from_wrong() {
    assert!(fits_share(1000, 10_000, 0.1) && !fits_share(1200, 10_000, 0.1) && !fits_share(0, 10_000, 0.1));
    let reference = uniform(30.0, 70.0, 100_000);
    assert!(may_be_one(&uniform(30.0, 70.0, 3000), &reference));
    assert!(!may_be_one(&uniform(20.0, 80.0, 3000), &reference), "the same mean, another width");
    assert!(!may_be_one(&uniform(35.0, 75.0, 3000), &reference), "the same width, another mean");
    assert!(!may_be_one(&[50.0; 3000], &reference));
}
