# How a plugin is built, ours and everybody's. The router's own build includes this file; find_package(HanseSDK) does.
#
#   hanse_add_plugin(NAME SOURCES a.c b.c [LIBRARIES …])        NAME.so, installed where the router looks for plugins
#   hanse_add_plugin_test(NAME SOURCES test_NAME.c [LIBRARIES …])
#                     a cmocka test of it on the host in memory, run by ctest; HANSE_PLUGIN_FILE is the path of NAME.so
#
# HANSE_PLUGIN_DIR: where plugins are installed.

# Here and not in the function that adds tests: it counts for the folder, and a function is a scope of its own.
enable_testing()

# A sanitizer's functions come with the program, so a plugin cannot be linked without undefined ones.
function(_hanse_is_sanitized out)
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  get_directory_property(options COMPILE_OPTIONS)
  if("${CMAKE_C_FLAGS} ${CMAKE_C_FLAGS_${type}} ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}} ${options}" MATCHES "-fsanitize=")
    set(${out} ON PARENT_SCOPE)
  else()
    set(${out} OFF PARENT_SCOPE)
  endif()
endfunction()

function(hanse_add_plugin name)
  cmake_parse_arguments(PARSE_ARGV 1 plugin "" "" "SOURCES;LIBRARIES")
  if(NOT plugin_SOURCES OR plugin_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hanse_add_plugin(${name}): write hanse_add_plugin(NAME SOURCES FILE… [LIBRARIES LIBRARY…])")
  endif()
  add_library(${name} MODULE ${plugin_SOURCES})
  target_link_libraries(${name} PRIVATE HanseSDK::sdk ${plugin_LIBRARIES})
  # It shows its descriptor only: what two plugins both call `helper` stays apart. GNU's unique symbols would be shared
  # in spite of that, and keep an old build of the plugin mapped.
  set_target_properties(${name} PROPERTIES PREFIX "" POSITION_INDEPENDENT_CODE ON
    C_VISIBILITY_PRESET hidden CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  target_compile_options(${name} PRIVATE
    $<$<OR:$<COMPILE_LANG_AND_ID:C,GNU>,$<COMPILE_LANG_AND_ID:CXX,GNU>>:-fno-gnu-unique>)
  # What is missing is told by the linker, or else when it is loaded; never in the middle of a message.
  target_link_options(${name} PRIVATE -Wl,-z,now)
  _hanse_is_sanitized(sanitized)
  if(NOT sanitized)
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
  # CMake leaves a file alone that is less than a second older than what it would install.
  install(CODE "set(folder \"${HANSE_PLUGIN_DIR}\")
    cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\")
    file(REMOVE \"\$ENV{DESTDIR}\${folder}/${name}.so\")")
  install(TARGETS ${name} LIBRARY DESTINATION ${HANSE_PLUGIN_DIR})
endfunction()

function(hanse_add_plugin_test name)
  cmake_parse_arguments(PARSE_ARGV 1 test "" "" "SOURCES;LIBRARIES")
  if(NOT test_SOURCES OR test_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "hanse_add_plugin_test(${name}): write hanse_add_plugin_test(NAME SOURCES FILE… [LIBRARIES LIBRARY…])")
  endif()
  if(NOT TARGET HanseSDK::fakehost)
    message(FATAL_ERROR "hanse_add_plugin_test(${name}): this installation has no host in memory (libhanse-fakehost.a)")
  endif()
  find_library(HANSE_CMOCKA_LIBRARY cmocka REQUIRED)
  add_executable(test_${name} ${test_SOURCES})
  target_link_libraries(test_${name} PRIVATE HanseSDK::fakehost ${HANSE_CMOCKA_LIBRARY} ${test_LIBRARIES})
  target_compile_definitions(test_${name} PRIVATE HANSE_PLUGIN_FILE="$<TARGET_FILE:${name}>")
  add_dependencies(test_${name} ${name})
  add_test(NAME ${name} COMMAND test_${name})
endfunction()
