//! Fast random numbers: xorshift, one generator an actor, seeded with the actor's number.

pub struct Random(u64);

impl Random {
    /// The seed is spread over all bits, and never comes to 0, which xorshift would stay at.
    pub fn new(number: usize) -> Self {
        let mut seed = (number as u64 + 1).wrapping_mul(0x9e3779b97f4a7c15);
        seed = (seed ^ seed >> 30).wrapping_mul(0xbf58476d1ce4e5b9);
        seed = (seed ^ seed >> 27).wrapping_mul(0x94d049bb133111eb);
        Self((seed ^ seed >> 31) | 1)
    }

    pub fn draw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number from 0 to n - 1.
    pub fn below(&mut self, n: usize) -> usize {
        ((self.draw() >> 32) * n as u64 >> 32) as usize
    }

    /// A number from 0 up to, not including, 1.
    pub fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Work: draws random(1,000) + 10 numbers.
    pub fn work(&mut self) {
        for _ in 0..self.below(1_000) + 10 {
            self.draw();
        }
    }
}
