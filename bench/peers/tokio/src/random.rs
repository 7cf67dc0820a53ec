//! Fast random numbers: xoshiro256++, one generator an actor, seeded with the actor's number.
//!
//! What draws many does so from a copy, which stays in registers.

#[derive(Clone, Copy)]
pub struct Random {
    state: [u64; 4],
    sum: u64, // of the numbers drawn as work, so that they have to be computed
}

impl Random {
    /// The state is what splitmix64 gives from the number.
    pub fn new(number: usize) -> Self {
        let mut seed = number as u64;
        Self { state: [(); 4].map(|_| mix(&mut seed)), sum: 0 }
    }

    #[inline]
    pub fn draw(&mut self) -> u64 {
        let state = &mut self.state;
        let number = state[0].wrapping_add(state[3]).rotate_left(23).wrapping_add(state[0]);
        let shifted = state[1] << 17;
        state[2] ^= state[0];
        state[3] ^= state[1];
        state[1] ^= state[2];
        state[0] ^= state[3];
        state[2] ^= shifted;
        state[3] = state[3].rotate_left(45);
        number
    }

    /// A number from 0 to n - 1.
    #[inline]
    pub fn below(&mut self, n: usize) -> usize {
        (u128::from(self.draw()) * n as u128 >> 64) as usize
    }

    /// A number from 0 up to, not including, 1.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        (self.draw() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Work: adds up random(1,000) + 10 numbers.
    pub fn work(&mut self) {
        let mut own = *self;
        for _ in 0..own.below(1_000) + 10 {
            own.sum = own.sum.wrapping_add(own.draw());
        }
        *self = own;
    }

    /// The sum of the logarithms of so many numbers.
    pub fn logarithms(&mut self, count: usize) -> f64 {
        let mut own = *self;
        let sum = (0..count).map(|_| (own.unit() + 0.01).ln()).sum();
        *self = own;
        sum
    }
}

fn mix(seed: &mut u64) -> u64 {
    *seed = seed.wrapping_add(0x9e3779b97f4a7c15);
    let mut word = *seed;
    word = (word ^ word >> 30).wrapping_mul(0xbf58476d1ce4e5b9);
    word = (word ^ word >> 27).wrapping_mul(0x94d049bb133111eb);
    word ^ word >> 31
}
