#include "solver/claims/linux_alloc.h"
namespace nospan::solver {
reports::Expected<std::vector<Instance>> linux_alloc(const Setting&) { return std::vector<Instance>{}; }
}
