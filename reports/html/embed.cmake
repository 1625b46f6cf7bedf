# SPDX-License-Identifier: BSD-2-Clause
# Writes the page's style sheet, script and templates into a C++ file: cmake -DOUT=... -DDIR=reports/html -P embed.cmake
# A template's name is that of its file without ending, and "_part": picture.svg is {{>picture_part}}.
function(read_text out file)
  file(READ ${file} text)
  string(FIND "${text}" ")nospan\"" end)
  if(NOT end EQUAL -1)
    message(FATAL_ERROR "${file} contains the end of a raw string literal")
  endif()
  set(${out} "R\"nospan(${text})nospan\"" PARENT_SCOPE)
endfunction()

read_text(page ${DIR}/page.html)
read_text(style ${DIR}/style.css)
read_text(script ${DIR}/script.js)
file(GLOB files ${DIR}/templates/*)
list(SORT files)
set(entries "")
foreach(file ${files})
  get_filename_component(name ${file} NAME_WE)
  read_text(text ${file})
  string(APPEND entries "    {\"${name}_part\", ${text}},\n")
endforeach()
file(WRITE ${OUT} "// Made by reports/html/embed.cmake.
#include \"reports/html/assets.h\"

namespace nospan::reports::html_page {

const std::string_view kPage = ${page};
const std::string_view kStyle = ${style};
const std::string_view kScript = ${script};
namespace {
const Template kAll[] = {
${entries}};
}  // namespace
const std::span<const Template> kTemplates = kAll;

}  // namespace nospan::reports::html_page
")
