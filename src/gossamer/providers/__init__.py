"""How each kind of provider is called: where, with which key, which bytes change."""
