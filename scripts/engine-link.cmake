# How the engine's wasm module is linked. What the page may rely on (docs/engine-interface.md):
#
#   const engine = await createEngine({ wasmMemory, samovarThreads, locateFile, print, printErr, onAbort })
#
# wasmMemory is made by the page, with its maximum equal to its initial size, so memory never grows although
# growth is linked in: growth only lets the page choose the size. malloc then gives null when it is full.
# samovarThreads is how many workers are started beforehand (8 unless given).

set(SAMOVAR_ENGINE_MALLOC "" CACHE STRING "Allocator of the engine: mimalloc, emmalloc or dlmalloc; empty picks one")

function(samovar_link_engine target)
  set(incoming print,printErr,onAbort,locateFile,wasmMemory,instantiateWasm)
  set(exported HEAPU8,HEAPU32,HEAPF64,wasmMemory)
  set(malloc emmalloc)

  if(SAMOVAR_THREADS)
    string(APPEND incoming ",mainScriptUrlOrBlob")
    string(APPEND exported ",PThread")
    set(malloc mimalloc)
    target_link_options(${target} PRIVATE
      "-sPTHREAD_POOL_SIZE=Module['samovarThreads']||8"
      # A thread that the pool does not have is an error that the platform layer reports, not a silent hang.
      -sPTHREAD_POOL_SIZE_STRICT=2
      -sDEFAULT_PTHREAD_STACK_SIZE=256KB
      -sALLOW_BLOCKING_ON_MAIN_THREAD=0
      # Without this symbol a program with a short INCOMING_MODULE_JS_API forgets that its runtime is to stay:
      # the first message from a thread to the window then ends all threads (seen with 6.0.5).
      # (In a file of its own because its dollar does not survive every generator's quoting.)
      -sDEFAULT_LIBRARY_FUNCS_TO_INCLUDE=@${PROJECT_SOURCE_DIR}/scripts/engine-runtime-symbols.txt
      # The warning is about memory that does grow; ours does not.
      -Wno-pthreads-mem-growth)
  endif()
  if(SAMOVAR_ENGINE_MALLOC)
    set(malloc ${SAMOVAR_ENGINE_MALLOC})
  endif()

  target_link_options(${target} PRIVATE
    --no-entry -lembind -O3
    -sSTRICT=1 -sMODULARIZE=1 -sEXPORT_ES6=1 -sEXPORT_NAME=createEngine
    -sENVIRONMENT=web,worker -sFILESYSTEM=0 -sTEXTDECODER=2
    # The page's Content-Security-Policy forbids eval; AOT keeps calls fast without it.
    -sDYNAMIC_EXECUTION=0 -sEMBIND_AOT=1
    -sIMPORTED_MEMORY=1 -sALLOW_MEMORY_GROWTH=1 -sINITIAL_MEMORY=16MB -sMAXIMUM_MEMORY=4GB
    -sABORTING_MALLOC=0 -sMALLOC=${malloc} -sSTACK_SIZE=256KB
    -sEXPORTED_RUNTIME_METHODS=${exported}
    -sINCOMING_MODULE_JS_API=${incoming})
  set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${PROJECT_SOURCE_DIR}/scripts/engine-link.cmake)

  # The page imports its copies from here; git ignores them.
  if(SAMOVAR_THREADS)
    set(page_folder ${PROJECT_SOURCE_DIR}/web/src/engine/wasm/threads)
  else()
    set(page_folder ${PROJECT_SOURCE_DIR}/web/src/engine/wasm/single)
  endif()
  add_custom_target(engine_for_page ALL
    COMMAND ${CMAKE_COMMAND} -E make_directory ${page_folder}
    COMMAND ${CMAKE_COMMAND} -E copy_if_different
      ${CMAKE_BINARY_DIR}/engine/engine.mjs ${CMAKE_BINARY_DIR}/engine/engine.wasm ${page_folder}
    DEPENDS ${target}
    COMMENT "Giving the page its engine")

  # The types of what the engine offers; scripts/engine-types compares them with the committed ones.
  # Left out are PThread, whose source uses import.meta and so spoils the declarations of all runtime methods
  # (6.0.5), and mimalloc, whose symbols would stand among the engine's functions.
  add_custom_target(engine_types
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/types
    COMMAND ${CMAKE_CXX_COMPILER} "$<TARGET_OBJECTS:${target}>" $<TARGET_FILE:samovar_core>
      "$<TARGET_PROPERTY:${target},LINK_OPTIONS>" "$<$<BOOL:${SAMOVAR_THREADS}>:-pthread>"
      -fno-exceptions -fno-rtti -sMALLOC=emmalloc -sEXPORTED_RUNTIME_METHODS=HEAPU8,HEAPU32,HEAPF64,wasmMemory
      --emit-tsd ${CMAKE_BINARY_DIR}/types/engine.d.ts -o ${CMAKE_BINARY_DIR}/types/engine.mjs
    DEPENDS ${target} samovar_core
    COMMAND_EXPAND_LISTS VERBATIM
    COMMENT "Generating the engine's types")
endfunction()
