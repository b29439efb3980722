"""Vision-language models: a picture and a question in, words out.

base      the seam, and what can go wrong, by what to do about it
endpoint  a server that speaks OpenAI's chat completions (Ollama, vLLM, llama.cpp, OpenRouter, …)
local     a model of transformers in this process, from a folder
"""
