// Savina's bank transaction: a teller sends transactions from account to account.
//
// An account that has asked another to take an amount awaits the reply: CAF keeps what else it is
// sent until then. An account asks only those with higher numbers, so no two wait for each other.
#include "bench.hpp"

using namespace caf;

namespace {

constexpr uint64_t accounts = 1000;
constexpr int64_t first_balance = 1'000'000;
constexpr uint64_t most = 1000;

struct account_state {
    int64_t balance = first_balance;
};

struct teller_state {
    bench::random random{accounts};
    std::vector<actor> all;
    uint64_t left = 0;
};

using account_actor = stateful_actor<account_state>;
using teller_actor = stateful_actor<teller_state>;

void transfer(account_actor *self, const actor &to, int64_t amount, actor teller)
{
    self->state.balance -= amount;
    self->request(to, infinite, add_atom_v, amount).await([self, teller = std::move(teller)] {
        bench::tell(self, teller, ok_atom_v);
    });
}

behavior account(account_actor *self)
{
    return {
        [=](const actor &to, int64_t amount) {
            transfer(self, to, amount, bench::take_sender(self));
            return bench::nothing{};
        },
        [=](add_atom, int64_t amount) { self->state.balance += amount; },
        [=](close_atom, const actor &main) {
            bench::tell(self, main, self->state.balance);
            self->quit();
        },
    };
}

void send_transaction(teller_actor *self)
{
    auto &state = self->state;
    uint64_t from = state.random.below(accounts - 1);
    uint64_t to = from + 1 + state.random.below(accounts - 1 - from);
    auto amount = static_cast<int64_t>(state.random.below(most));
    self->send(state.all[from], state.all[to], amount);
}

behavior teller(teller_actor *self, std::vector<actor> all, actor main, uint64_t transactions)
{
    self->state.all = std::move(all);
    self->state.left = transactions;
    for (uint64_t i = 0; i < transactions; i++)
        send_transaction(self);
    return {
        [=](ok_atom) {
            if (--self->state.left == 0) {
                bench::tell(self, main, ok_atom_v);
                self->quit();
            }
            return bench::nothing{};
        },
    };
}

void play(scoped_actor &main, uint64_t transactions)
{
    std::vector<actor> all;
    for (uint64_t i = 0; i < accounts; i++)
        all.push_back(main->spawn(account));
    main->spawn(teller, all, actor{main}, transactions);
    bench::receive<ok_atom>(main);
    int64_t sum = 0;
    for (const actor &account : all)
        anon_send(account, close_atom_v, actor{main});
    for (uint64_t i = 0; i < accounts; i++)
        sum += bench::receive<int64_t>(main);
    bench::check(sum == first_balance * static_cast<int64_t>(accounts), "the sum of all balances");
}

void run()
{
    uint64_t transactions = bench::scaled(50000);
    bench::measure("bank_transaction", "", transactions,
                   [=](scoped_actor &main) { play(main, transactions); });
}

bench::program program{"bank_transaction", run};

} // namespace
