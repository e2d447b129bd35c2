# hanse_man_page(PROGRAM TEMPLATE): a manual page PROGRAM.SECTION.gz from PROGRAM.SECTION.in, installed. In the template
# @USAGE@ stands for what PROGRAM --help says, @VERSION@ for the version, @DOCDIR@ for the documents' folder.
# Included by the build it defines that function; run as a script (cmake -P) it writes one page.
if(CMAKE_SCRIPT_MODE_FILE)
  execute_process(COMMAND ${PROGRAM} --help OUTPUT_VARIABLE USAGE RESULT_VARIABLE status)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${PROGRAM} --help: exit status ${status}")
  endif()
  string(STRIP "${USAGE}" USAGE)
  string(REPLACE "\\" "\\e" USAGE "${USAGE}")
  string(REPLACE "-" "\\-" USAGE "${USAGE}")
  string(REGEX REPLACE "\n([.'])" "\n\\\\&\\1" USAGE "${USAGE}")
  configure_file(${TEMPLATE} ${OUTPUT} @ONLY)
  return()
endif()

function(hanse_man_page program template)
  cmake_path(GET template STEM LAST_ONLY page)
  cmake_path(GET page EXTENSION LAST_ONLY section)
  string(SUBSTRING ${section} 1 -1 section)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/${page})
  cmake_path(ABSOLUTE_PATH template)
  add_custom_command(OUTPUT ${output}.gz
    COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${program}> -DTEMPLATE=${template} -DOUTPUT=${output}
      -DVERSION=${PROJECT_VERSION} -DDOCDIR=${CMAKE_INSTALL_FULL_DOCDIR} -P ${PROJECT_SOURCE_DIR}/etc/man_page.cmake
    COMMAND gzip -9nf ${output}
    DEPENDS ${program} ${template} ${PROJECT_SOURCE_DIR}/etc/man_page.cmake VERBATIM)
  add_custom_target(${program}_man_page ALL DEPENDS ${output}.gz)
  install(FILES ${output}.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endfunction()
