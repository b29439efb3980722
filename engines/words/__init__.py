"""Words: what is written on a page, what a page shows, and what the reader wishes. Each kind has a seam in `base`.

base       the seams                       registry            which there is
rapid      lettering: RapidOCR's networks  marian, languages   wishes into English, by Marian; whose language they are
manga      lettering: manga-ocr's class    florence            captions by Florence-2
causal     wishes worded anew: Qwen's class, in this process
ollama     the same by Ollama on this machine
prompts    what a language model is told of an engine; answers: what is taken of what it says
transformers_model  loading and its faults
"""
