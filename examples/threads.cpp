// One model, many threads: each with a context of its own, all with the same numbers.
//
//   c++ threads.cpp $(pkg-config --cflags --libs likely) -pthread -o threads
//   ./threads digits.likely test.npy
//
// prints the mean negative log-likelihood that each thread found.
#include <likely.h>

#include <cstdio>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

struct Destroy {
    void operator()(lk_context *context) const { lk_context_destroy(context); }
    void operator()(lk_model *model) const { lk_model_destroy(model); }
    void operator()(lk_data *data) const { lk_data_destroy(data); }
};
template <class T> using Handle = std::unique_ptr<T, Destroy>;

// What failed, as an exception.
void check(lk_status status, const Handle<lk_context> &context) {
    if (status != LK_OK) {
        throw std::runtime_error(std::string(lk_status_text(status)) + ": " +
                                 lk_context_message(context.get()));
    }
}

Handle<lk_context> make_context() {
    lk_context *made = nullptr;
    lk_status status = lk_context_create(1, &made);
    Handle<lk_context> context(made);
    check(status, context);
    return context;
}

Handle<lk_model> load(const char *path) {
    Handle<lk_context> context = make_context(); // the model does without it afterwards
    lk_model *model = nullptr;
    check(lk_model_load(context.get(), lk_from_file(path), &model), context);
    return Handle<lk_model>(model);
}

double mean_nll(const lk_model *model, const char *path) {
    Handle<lk_context> context = make_context();
    lk_loading how = lk_loading_defaults();
    how.model = model;
    lk_data *made = nullptr;
    check(lk_data_load(context.get(), lk_from_file(path), &how, &made), context);
    Handle<lk_data> data(made);
    std::vector<double> nll(static_cast<std::size_t>(lk_data_count(made)));
    check(lk_model_nll(context.get(), model, made, nullptr, nll.data(), nullptr), context);
    return std::accumulate(nll.begin(), nll.end(), 0.0) / static_cast<double>(nll.size());
}

} // namespace

int main(int count, char **words) {
    if (count != 3) {
        std::fprintf(stderr, "usage: threads MODEL DATA\n");
        return 2;
    }
    try {
        Handle<lk_model> model = load(words[1]);
        std::vector<double> mean(4);
        std::vector<std::string> fault(mean.size());
        std::vector<std::thread> threads;
        for (std::size_t i = 0; i < mean.size(); i++) {
            threads.emplace_back([&, i] {
                try {
                    mean[i] = mean_nll(model.get(), words[2]);
                } catch (const std::exception &e) {
                    fault[i] = e.what();
                }
            });
        }
        for (std::thread &thread : threads) {
            thread.join();
        }
        for (std::size_t i = 0; i < mean.size(); i++) {
            if (!fault[i].empty()) {
                throw std::runtime_error(fault[i]);
            }
            std::printf("thread %zu: %.6f nats\n", i, mean[i]);
        }
    } catch (const std::exception &e) {
        std::fprintf(stderr, "threads: %s\n", e.what());
        return 1;
    }
    return 0;
}
