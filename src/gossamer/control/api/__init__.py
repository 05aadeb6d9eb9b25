"""The admin API: what people and scripts change the store through. One file a noun; the shapes are beside them."""
