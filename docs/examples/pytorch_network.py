"""A network of PyTorch's own, trained on Fashion-MNIST and written as ONNX (docs/howto.md):
python3 pytorch_network.py IMAGES OUT.onnx [EPOCHS]
IMAGES: folder with the four files of Fashion-MNIST. Prints the accuracy on the test images."""
import gzip
import sys

import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1), nn.BatchNorm2d(8), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 3, padding=1), nn.BatchNorm2d(16), nn.ReLU(), nn.MaxPool2d(2))
        self.classifier = nn.Sequential(nn.Linear(16 * 7 * 7, 64), nn.ReLU(), nn.Linear(64, 10))

    def forward(self, images):
        return self.classifier(torch.flatten(self.features(images), 1))


def read(name, header):
    with gzip.open(f"{sys.argv[1]}/{name}-ubyte.gz") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)[header:]


def images_and_labels(part):
    # Pixels in [0, 1], as Kirchhoff feeds them.
    images = read(f"{part}-images-idx3", 16).view(-1, 1, 28, 28).float() / 255
    return images, read(f"{part}-labels-idx1", 8).long()


torch.manual_seed(1)
net = Net()
optimizer = torch.optim.Adam(net.parameters(), lr=2e-3)
images, labels = images_and_labels("train")
for epoch in range(int(sys.argv[3]) if len(sys.argv) > 3 else 1):
    for batch in torch.randperm(len(images)).split(128):
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(images[batch]), labels[batch]).backward()
        optimizer.step()

net.eval()  # batch norm by the means that it has learnt
images, labels = images_and_labels("t10k")
with torch.no_grad():
    correct = (net(images).argmax(1) == labels).sum().item()
print(f"{100 * correct / len(labels):.2f}")
torch.onnx.export(net, torch.zeros(1, 1, 28, 28), sys.argv[2])
