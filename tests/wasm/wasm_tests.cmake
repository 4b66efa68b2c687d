# Tests and benchmarks compiled to wasm and run under node: the libraries they need, and how they are linked.
# By hand:  node tests/wasm/run.mjs build/wasm/tests/sched_test.mjs --gtest_filter=...
#           node tests/wasm/run.mjs build/wasm-single/samovar_bench.mjs --benchmark_filter=hash
find_path(SAMOVAR_GTEST_SOURCE src/gtest-all.cc
  PATHS /usr/src/googletest/googletest /usr/src/gtest
  NO_CMAKE_FIND_ROOT_PATH
  DOC "Folder of GoogleTest's source, with src/gtest-all.cc in it")
find_program(SAMOVAR_NODE node NO_CMAKE_FIND_ROOT_PATH)

if(SAMOVAR_GTEST_SOURCE AND SAMOVAR_NODE)
  add_library(gtest_wasm STATIC
    ${SAMOVAR_GTEST_SOURCE}/src/gtest-all.cc ${SAMOVAR_GTEST_SOURCE}/src/gtest_main.cc)
  target_include_directories(gtest_wasm SYSTEM PUBLIC ${SAMOVAR_GTEST_SOURCE}/include)
  target_include_directories(gtest_wasm PRIVATE ${SAMOVAR_GTEST_SOURCE})
  target_compile_definitions(gtest_wasm PRIVATE GTEST_HAS_EXCEPTIONS=0 GTEST_HAS_RTTI=0)
  target_link_libraries(gtest_wasm PRIVATE samovar_flags)
  target_compile_options(gtest_wasm PRIVATE -w -O1)
  add_library(GTest::gtest_main ALIAS gtest_wasm)
endif()

# Google Benchmark is not to be had for wasm; a small one with the same interface serves.
add_library(benchmark_wasm STATIC wasm/benchmark/benchmark.cpp wasm/benchmark/main.cpp)
target_include_directories(benchmark_wasm PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/wasm)
target_link_libraries(benchmark_wasm PRIVATE samovar_flags)
add_library(benchmark::benchmark_main ALIAS benchmark_wasm)

# The program's main runs on a thread of its own, as in a browser, so that it may block; without threads it is
# node's only thread. Memory is fixed, as on the page.
set(node_link_options
  -sMODULARIZE=1 -sEXPORT_ES6=1 -sENVIRONMENT=node -sEXIT_RUNTIME=1
  -sINITIAL_MEMORY=512MB -sABORTING_MALLOC=0 -sMALLOC=mimalloc -sSTACK_SIZE=1MB
  -sEXPORTED_RUNTIME_METHODS=ENV)
if(SAMOVAR_THREADS)
  list(APPEND node_link_options -sPROXY_TO_PTHREAD=1 -sPTHREAD_POOL_SIZE=16 -sPTHREAD_POOL_SIZE_STRICT=0
    -sDEFAULT_PTHREAD_STACK_SIZE=256KB)
endif()

function(samovar_link_for_node target)
  target_link_options(${target} PRIVATE ${node_link_options})
  set_target_properties(${target} PROPERTIES SUFFIX .mjs)
endfunction()

function(samovar_add_wasm_test folder target)
  samovar_link_for_node(${target})
  target_link_options(${target} PRIVATE -O1)  # Binaryen's passes over the whole program, which the compiler has optimised already, take long
  add_test(NAME ${folder}
    COMMAND ${SAMOVAR_NODE} ${CMAKE_CURRENT_SOURCE_DIR}/wasm/run.mjs $<TARGET_FILE:${target}>)
  set_tests_properties(${folder} PROPERTIES LABELS wasm TIMEOUT ${SAMOVAR_TEST_TIMEOUT})
endfunction()
