"""Explicit marks: what a person sees or hears (Order 12 Art. 17; Measures Art. 4; GB 45438 chapter 5).

`text` writes and finds the wording at the start and end of a text, `image` draws it on a picture,
`audio` announces it before and after sound. Wordings, sizes and timings lie in `data/`, so that a
correction of the standard is an edit of data.
"""
