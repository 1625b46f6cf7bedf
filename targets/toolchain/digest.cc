// SPDX-License-Identifier: BSD-2-Clause
#include "targets/toolchain/digest.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace nospan::toolchain {

struct Digest::State {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~State() { EVP_MD_CTX_free(context); }
};

Digest::Digest() : state_(std::make_unique<State>()) {
  EVP_DigestInit_ex(state_->context, EVP_sha256(), nullptr);
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

Digest& Digest::add(std::string_view part) {
  const std::uint64_t size = part.size();
  EVP_DigestUpdate(state_->context, &size, sizeof size);
  EVP_DigestUpdate(state_->context, part.data(), part.size());
  return *this;
}

std::string Digest::hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  EVP_DigestFinal_ex(state_->context, bytes.data(), &size);
  std::string text;
  for (unsigned int i = 0; i < size; i++) text += fmt::format("{:02x}", bytes[i]);
  return text;
}

reports::Expected<std::string> read_file(const std::filesystem::path& file, std::uintmax_t most) {
  // O_NONBLOCK: opening a pipe without a writer must not hang.
  const int descriptor = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0)
    return reports::failure(file.string(), fmt::format("cannot be read: {}", strerror(errno)));
  struct stat status{};
  std::string problem;
  std::string content;
  if (fstat(descriptor, &status) != 0) {
    problem = strerror(errno);
  } else if (!S_ISREG(status.st_mode)) {
    problem = "not a regular file";
  } else if (static_cast<std::uintmax_t>(status.st_size) > most) {
    problem = fmt::format("larger than {} bytes", most);
  } else {
    content.resize(static_cast<std::size_t>(status.st_size));
    std::size_t done = 0;
    while (done < content.size()) {
      const ssize_t got = read(descriptor, content.data() + done, content.size() - done);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) problem = strerror(errno);
      if (got <= 0) break;
      done += static_cast<std::size_t>(got);
    }
    content.resize(done);
  }
  close(descriptor);
  if (!problem.empty()) return reports::failure(file.string(), fmt::format("cannot be read: {}", problem));
  return content;
}

reports::Expected<std::string> digest_of_file(const std::filesystem::path& file) {
  return read_file(file).map([](const std::string& content) { return Digest().add(content).hex(); });
}

const reports::Expected<std::string>& digest_of_this_program() {
  // With debug information it is far larger than what read_file() takes for granted.
  constexpr std::uintmax_t kMostBytes = std::uintmax_t{1} << 30;
  static const reports::Expected<std::string> digest =
      read_file("/proc/self/exe", kMostBytes).map([](const std::string& content) {
        return Digest().add(content).hex();
      });
  return digest;
}

}  // namespace nospan::toolchain
